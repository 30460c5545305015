/**
 * Every error a user can meet. Messages have the form `where: rule, got value`; `code` is stable and meant
 * for programs. Nothing is changed by a call that throws one of these.
 */

/** Base of all errors thrown on purpose by this package. */
export class EspalierError extends Error {
  /** Stable identifier, such as `SHAPE` or `OPTION`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // From the code, as minifiers rename classes: MISSING_PACKAGE is MissingPackageError.
    const words = code.split('_').map((word) => word[0]! + word.slice(1).toLowerCase());
    this.name = `${words.join('')}Error`;
  }
}

/** A length, rank or dimension does not fit. */
export class ShapeError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('SHAPE', message, options);
  }
}

/** An option is unknown, of the wrong type or outside its range. */
export class OptionError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('OPTION', message, options);
  }
}

/** Samples, labels or weights hold values that cannot be used: NaN, infinities, labels out of range. */
export class DataError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('DATA', message, options);
  }
}

/** A file is truncated, altered, of another format, or larger than its budget allows. */
export class FormatError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('FORMAT', message, options);
  }
}

/** A checkpoint is that of another training run; the message says in what, and what to do. */
export class CheckpointError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('CHECKPOINT', message, options);
  }
}

/** A file could not be read or written. */
export class FileError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('FILE', message, options);
  }
}

/** A package that holds data is not installed; the message says how to install it. */
export class MissingPackageError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('MISSING_PACKAGE', message, options);
  }
}

/** A model, session or tensor was used after `dispose()`. */
export class DisposedError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('DISPOSED', message, options);
  }
}

/** The WebAssembly memory cannot grow any further. */
export class MemoryError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('MEMORY', message, options);
  }
}

/** This engine lacks something that is needed, such as WebAssembly SIMD. */
export class UnsupportedError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('UNSUPPORTED', message, options);
  }
}

/** Training produced a number that is not finite. */
export class NumericError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('NUMERIC', message, options);
  }
}

/** Work was stopped by an `AbortSignal`; `cause` is the signal's reason. */
export class AbortedError extends EspalierError {
  constructor(message: string, options?: ErrorOptions) {
    super('ABORTED', message, options);
  }
}
