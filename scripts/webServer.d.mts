export declare function serve(
  folder: string,
  port: number,
): Promise<{ readonly address: string; close(): Promise<unknown> }>;
