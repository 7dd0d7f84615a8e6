/** A picture that was copied from a page or a screenshot has no name of its own: browsers call it so. */
const NAMELESS = /^image\.(\w+)$/;

/** The file, with the date in its name if it has none of its own. */
export function named(file: File, now: Date): File {
  const [, extension] = NAMELESS.exec(file.name) ?? [];
  if (extension === undefined) return file;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('.');
  const name = `Pasted ${day} at ${time}.${extension}`;
  return new File([file], name, { type: file.type, lastModified: now.getTime() });
}
