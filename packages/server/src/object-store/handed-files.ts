/** Files that commands hand to the service which runs on the same data folder. */
export interface HandedFiles {
  /** The bytes of a file, by the number of its command's folder and its own name; undefined: it is gone. */
  open(folder: number, name: string): AsyncIterable<Uint8Array> | undefined;
}
