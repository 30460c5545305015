/**
 * Where a weight in sparse storage has its blocks: `height` consecutive rows (1, 2 or 4) that share a column.
 *
 * A weight [rows, cols] has groups = ceil(rows / height) groups of rows. rowPtr [groups + 1] u32 counts the blocks
 * before each group, colIdx [count] u32 holds their columns, ascending within a group. The position of a block is
 * group * cols + column, u32: positions ascend too. Height 1 is CSR.
 */

/** Of up to eight columns: a 1 in the byte of each in which one of `height` rows of a mask has a 1. */
function keptColumns(mask: usize, cols: usize, height: usize, count: usize): u64 {
  let kept: u64 = 0;
  for (; height > 0; height--) {
    if (count >= 8) kept |= load<u64>(mask);
    else for (let i: usize = 0; i < count; i++) kept |= (<u64>load<u8>(mask + i)) << ((<u64>i) << 3);
    mask += cols;
  }
  return kept;
}

/**
 * The blocks that hold at least one kept weight of mask [rows, cols] bytes; returns their number.
 *
 * Either array may be left out with address 0; the caller counts first, then makes room for colIdx.
 */
export function blocks_from_mask(
  rowPtr: usize,
  colIdx: usize,
  mask: usize,
  rows: usize,
  cols: usize,
  height: usize,
): u32 {
  let found: u32 = 0;
  if (rowPtr) store<u32>(rowPtr, 0);
  for (let r: usize = 0; r < rows; r += height) {
    const here = min(height, rows - r);
    for (let c: usize = 0; c < cols; c += 8) {
      let kept = keptColumns(mask + c, cols, here, cols - c);
      found += <u32>popcnt<u64>(kept);
      if (!colIdx) continue;
      for (; kept != 0; kept &= kept - 1) {
        store<u32>(colIdx, <u32>c + <u32>(ctz<u64>(kept) >> 3));
        colIdx += 4;
      }
    }
    mask += here * cols;
    if (rowPtr) {
      rowPtr += 4;
      store<u32>(rowPtr, found);
    }
  }
  return found;
}

/** mask [rows, cols] bytes: 1 where a block lies, else 0. */
export function blocks_mask(
  mask: usize,
  rowPtr: usize,
  colIdx: usize,
  rows: usize,
  cols: usize,
  height: usize,
): void {
  memory.fill(mask, 0, rows * cols);
  let at = colIdx;
  for (let r: usize = 0; r < rows; r += height) {
    const bytes = min(height, rows - r) * cols;
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      const column = mask + <usize>load<u32>(at);
      for (let row: usize = 0; row < bytes; row += cols) store<u8>(column + row, 1);
    }
    mask += bytes;
  }
}

/** The structure of n blocks: rowPtr [groups + 1] and colIdx [n] from positions [n] u32, ascending. */
export function blocks_from_positions(
  rowPtr: usize,
  colIdx: usize,
  positions: usize,
  n: usize,
  groups: usize,
  cols: u32,
): void {
  const positionsEnd = positions + (n << 2);
  let count: u32 = 0;
  let begin: u32 = 0; // position of the group's first column
  store<u32>(rowPtr, 0);
  for (; groups > 0; groups--) {
    for (; positions < positionsEnd; positions += 4) {
      const column = load<u32>(positions) - begin;
      if (column >= cols) break;
      store<u32>(colIdx, column);
      colIdx += 4;
      count++;
    }
    begin += cols;
    rowPtr += 4;
    store<u32>(rowPtr, count);
  }
}

/** Inverse of blocks_from_positions: positions [rowPtr[groups]] u32, ascending. */
export function blocks_positions(
  positions: usize,
  rowPtr: usize,
  colIdx: usize,
  groups: usize,
  cols: u32,
): void {
  let at = colIdx;
  let begin: u32 = 0;
  for (; groups > 0; groups--) {
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      store<u32>(positions, begin + load<u32>(at));
      positions += 4;
    }
    begin += cols;
  }
}

/**
 * The blocks that stay: those whose byte in keep [count] is 1. Returns their number.
 *
 * fromPtr, toPtr [groups + 1]; fromCol [count]; toCol has room for those that stay. toPtr may be fromPtr and toCol may
 * be fromCol.
 */
export function blocks_select(
  toPtr: usize,
  toCol: usize,
  fromPtr: usize,
  fromCol: usize,
  keep: usize,
  groups: usize,
): u32 {
  const start = fromCol;
  let left: u32 = 0;
  store<u32>(toPtr, 0);
  for (; groups > 0; groups--) {
    fromPtr += 4;
    toPtr += 4;
    for (const end = start + ((<usize>load<u32>(fromPtr)) << 2); fromCol < end; fromCol += 4) {
      if (load<u8>(keep) == 1) {
        store<u32>(toCol, load<u32>(fromCol));
        toCol += 4;
        left++;
      }
      keep++;
    }
    store<u32>(toPtr, left);
  }
  return left;
}

/**
 * Takes in n further blocks, which the structure does not hold; returns the number of all.
 *
 * added [n] u32: their positions, ascending; fromPtr, toPtr [groups + 1]; fromCol [count]; toCol [count + n]. The new
 * arrays are not the old ones.
 */
export function blocks_insert(
  toPtr: usize,
  toCol: usize,
  fromPtr: usize,
  fromCol: usize,
  added: usize,
  n: usize,
  groups: usize,
  cols: u32,
): u32 {
  const start = fromCol;
  const toStart = toCol;
  const addedEnd = added + (n << 2);
  let begin: u32 = 0; // position of the group's first column
  store<u32>(toPtr, 0);
  for (; groups > 0; groups--) {
    fromPtr += 4;
    toPtr += 4;
    const end = start + ((<usize>load<u32>(fromPtr)) << 2);
    for (; added < addedEnd; added += 4) {
      const column = load<u32>(added) - begin;
      if (column >= cols) break;
      while (fromCol < end && load<u32>(fromCol) < column) {
        store<u32>(toCol, load<u32>(fromCol));
        fromCol += 4;
        toCol += 4;
      }
      store<u32>(toCol, column);
      toCol += 4;
    }
    const rest = end - fromCol;
    memory.copy(toCol, fromCol, rest);
    fromCol = end;
    toCol += rest;
    begin += cols;
    store<u32>(toPtr, <u32>((toCol - toStart) >> 2));
  }
  return <u32>((toCol - toStart) >> 2);
}
