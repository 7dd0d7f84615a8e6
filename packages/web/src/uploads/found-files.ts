/** Files that somebody chose, dropped or pasted. */
export interface Found {
  readonly files: readonly File[];
  /** Files of a folder that don't claim to be pictures, such as `.DS_Store`. */
  readonly others: number;
  /** There are more pictures than MAX_FILES. */
  readonly isCut: boolean;
}

/** At once. A browser needs some seconds to keep as many, and a person to notice a wrong folder. */
export const MAX_FILES = 10_000;

/** Named so, a file of a folder is a picture, or something that its owner takes for one and should get a reason for. */
const PICTURE_NAME = /\.(?:jpe?g|jfif|png|webp|gif|avif|hei[cf]|hif|tiff?|bmp|svg|dng|cr[23]|nef|arw|raf|orf|rw2)$/i;

/** macOS writes `._IMG_1.jpg` beside `IMG_1.jpg` on other systems' disks. */
export const isPictureOfFolder = ({ name, type }: Pick<File, 'name' | 'type'>): boolean =>
  !name.startsWith('.') && (PICTURE_NAME.test(name) || type.startsWith('image/'));

/** Folders list their files in any order. */
export const byName = new Intl.Collator('en', { numeric: true }).compare;

/** By name, those of a folder before those of the folders in it. */
function inOrder(files: readonly File[]): readonly File[] {
  const all = files.map((file) => ({ file, path: file.webkitRelativePath.split('/') }));
  all.sort(({ path: one }, { path: other }) => {
    for (const [depth, name] of one.entries()) {
      const [isFile, isOtherFile] = [depth === one.length - 1, depth === other.length - 1];
      if (isFile !== isOtherFile) return isFile ? -1 : 1;
      const order = byName(name, other[depth] ?? '');
      if (order !== 0) return order;
    }
    return 0;
  });
  return all.map(({ file }) => file);
}

/**
 * Files of an `<input>`: a folder's in the order in which a dropped folder is read. Those of a folder may be anything;
 * a file that was chosen by itself is meant.
 */
export function foundIn(list: Iterable<File>): Found {
  const all = [...list];
  const files = all.filter((file) => file.webkitRelativePath === '' || isPictureOfFolder(file));
  return {
    files: inOrder(files).slice(0, MAX_FILES),
    others: all.length - files.length,
    isCut: files.length > MAX_FILES,
  };
}
