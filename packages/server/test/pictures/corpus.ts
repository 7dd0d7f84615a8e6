import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MediaType, typeByExtension } from '../../src/domain/image/media-type.ts';

/** A real image file from a camera, a phone or an editor, with its description in the folder's README. */
export interface CorpusFile {
  /** Below the corpus, `photos/jolla.jpg`. */
  readonly file: string;
  readonly path: string;
  readonly type: MediaType | 'image/heic' | 'image/svg+xml';
  readonly isAccepted: boolean;
  /** As stored, before orientation; of one frame. */
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

const FOLDER = process.env['CORPUS_DIR'];

/** The reason to skip, or false if there is a corpus. */
export const NO_CORPUS = FOLDER ? false : 'set CORPUS_DIR to a folder of real images with a manifest.json to run it';

/** Broken EXIF, sound pixels. */
const SOUND_HOSTILE = ['hostile/image01088.jpg', 'hostile/image01980.jpg'];

interface Row {
  readonly file: string;
  readonly width?: number;
  readonly height?: number;
  readonly orientation?: number;
}

export function corpusFiles(): CorpusFile[] {
  if (!FOLDER) return [];
  const rows = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as Row[];
  return rows.map(({ file, width = 0, height = 0, orientation = 1 }) => {
    const refusedFolder = /^(heic|svg|hostile)\//.test(file);
    return {
      file,
      path: join(FOLDER, file),
      type: typeOf(file),
      isAccepted: !refusedFolder || SOUND_HOSTILE.includes(file),
      width,
      height,
      orientation,
    };
  });
}

function typeOf(file: string): CorpusFile['type'] {
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase();
  if (extension === 'heic') return 'image/heic';
  if (extension === 'svg') return 'image/svg+xml';
  const type = typeByExtension(file);
  if (!type) throw new Error(`the corpus holds ${file}, of a type unknown here`);
  return type;
}
