export declare function serve(
  folder: string,
  port: number,
  policyOf?: (path: string) => string,
): Promise<{ readonly address: string; close(): Promise<unknown> }>;
