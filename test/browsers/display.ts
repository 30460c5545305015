/** A screen that nobody sees, for browsers that must have one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

const server = '/usr/bin/Xvfb';

export interface Display {
  /** As the variable DISPLAY has it. */
  readonly name: string;
  close(): void;
}

/** Why there can be none; undefined if there can. */
export const missingDisplay = existsSync(server) ? undefined : 'no Xvfb is installed (xvfb)';

/** Starts one of 1600 x 1200 pixels. */
export async function openDisplay(): Promise<Display> {
  const args = ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'];
  const child = spawn(server, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = (await once(child.stdio[3]!, 'data')) as [Buffer];
  return { name: `:${String(number).trim()}`, close: () => void child.kill() };
}
