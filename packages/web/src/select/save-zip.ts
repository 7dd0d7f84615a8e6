/** More than this is only written to a file, where the browser can. */
export const MOST_IN_MEMORY = 500 * 1_048_576;

/** A place for a zip: a file that the person chose, or the browser's downloads. */
export interface ZipPlace {
  /** Errors: TooLargeError; what the file says. */
  save(zip: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/** A zip of which the page would have to keep too much. */
export class TooLargeError extends Error {}

interface FilePicker {
  showSaveFilePicker?(options: {
    readonly suggestedName: string;
    readonly types: readonly { readonly description: string; readonly accept: Readonly<Record<string, string[]>> }[];
  }): Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>;
}

/** Whether zips of any size can be written. */
export const canStream = (): boolean => (globalThis as FilePicker).showSaveFilePicker !== undefined;

/** Asks where, if the browser can. Call it in the handler of a click. undefined: the person thinks better of it. */
export async function chooseZipPlace(name: string): Promise<ZipPlace | undefined> {
  const picker = globalThis as FilePicker;
  if (!picker.showSaveFilePicker) return inMemory(name);
  const types = [{ description: 'Zip', accept: { 'application/zip': ['.zip'] } }];
  const file = await picker.showSaveFilePicker({ suggestedName: name, types }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  });
  return file && { save: async (zip, signal) => zip.pipeTo(await file.createWritable(), { signal }) };
}

const inMemory = (name: string): ZipPlace => ({
  async save(zip, signal) {
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > MOST_IN_MEMORY) throw new TooLargeError();
        controller.enqueue(chunk);
      },
    });
    const blob = await new Response(zip.pipeThrough(counted, { signal })).blob();
    const url = URL.createObjectURL(new Blob([blob], { type: 'application/zip' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), REVOKED_MS);
  },
});

/** By then the browser has begun to save. */
const REVOKED_MS = 60_000;
