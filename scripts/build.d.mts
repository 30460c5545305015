export declare const version: string;
export declare function buildKernels(): Promise<void>;
