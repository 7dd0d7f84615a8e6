/** At once. */
export const MAX_LINKS = 100;
/** As the service's `MAX_URL`. */
const MAX_LENGTH = 2_048;

/** The URLs of a text that has one on each line and nothing else; otherwise none. One more than MAX_LINKS at most. */
export function linksIn(text: string): readonly string[] {
  const lines = text
    .trim()
    .split(/\s*\n\s*/, MAX_LINKS + 1)
    .filter((line) => line !== '');
  return lines.every(isLink) ? [...new Set(lines)] : [];
}

const isLink = (line: string): boolean =>
  line.length <= MAX_LENGTH && /^https?:\/\/\S+$/i.test(line) && URL.canParse(line);

/** For people: the last part of the path, or the host. */
export function linkName(link: string): string {
  const { pathname, hostname } = new URL(link);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last).trim() || hostname;
  } catch {
    return last;
  }
}
