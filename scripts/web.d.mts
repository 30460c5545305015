export interface BuiltFile {
  readonly file: string;
  readonly bytes: number;
  readonly gzip: number;
}
export declare function buildWeb(): Promise<{ readonly sizes: BuiltFile[]; readonly first: string[] }>;
