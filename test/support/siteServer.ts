/** The static server of the playground, for tests and benchmarks in browsers. */
import { serve as serveFolder } from '../../scripts/webServer.mjs';

/** The strictest policy that lets a page run WebAssembly. */
export const STRICT =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'";

export interface Site {
  /** Without a slash at its end. */
  readonly address: string;
  close(): Promise<unknown>;
}

/** Serves `folder` with a policy; `policyOf` may give an address another one. */
export async function serve(
  folder: string,
  policyOf: (path: string) => string = () => STRICT,
): Promise<Site> {
  const { address, close } = await serveFolder(folder, 0, policyOf);
  return { address: address.replace(/\/$/, ''), close };
}
