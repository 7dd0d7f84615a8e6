import picomatch from 'picomatch';

/** Which files of a folder are meant. Paths are relative to it, with `/`. */
export interface Patterns {
  includesFile(path: string): boolean;
  /** Then nothing below it is meant. */
  excludesFolder(path: string): boolean;
}

/** A pattern without a slash is about names, in any folder; case doesn't count, as in `.JPG`. */
export function createPatterns(include: readonly string[], exclude: readonly string[]): Patterns {
  const any = (globs: readonly string[]) => {
    const tests = globs.map((glob) =>
      picomatch(glob.replace(/\/+$/, ''), { nocase: true, dot: true, basename: !glob.includes('/') }),
    );
    return (path: string): boolean => tests.some((test) => test(path));
  };
  const [isIncluded, isExcluded] = [any(include), any(exclude)];
  return {
    includesFile: (path) => (include.length === 0 || isIncluded(path)) && !isExcluded(path),
    excludesFolder: isExcluded,
  };
}
