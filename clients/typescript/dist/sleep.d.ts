/** Waits, or fails with the reason of the signal if it is aborted before. */
export declare function sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
