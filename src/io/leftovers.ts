/** Temporary files that killed processes have left beside the file they were to become. */

type FileSystem = typeof import('node:fs');

/** Milliseconds a temporary file lies untouched before it counts as left: a process of another machine may still write it. */
const LEFT = 60_000;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The process that a temporary file of `base` (`BASE.PID-N.tmp`) is of; undefined for other files. */
function writerOf(name: string, base: string): number | undefined {
  if (!name.startsWith(base)) return undefined;
  const pid = /^\.(\d+)-\d+\.tmp$/.exec(name.slice(base.length))?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Removes what killed writers of `target` have left. What cannot be removed stays. */
export async function removeLeftovers(fs: FileSystem, target: string): Promise<void> {
  const folder = /^.*[/\\]/s.exec(target)?.[0] ?? '';
  try {
    for (const name of await fs.promises.readdir(folder || '.')) {
      const pid = writerOf(name, target.slice(folder.length));
      if (pid === undefined || isRunning(pid)) continue;
      const path = folder + name;
      const { mtimeMs } = await fs.promises.stat(path);
      if (Date.now() - mtimeMs > LEFT) await fs.promises.rm(path);
    }
  } catch {
    // The file itself is written; a leftover does no harm.
  }
}
