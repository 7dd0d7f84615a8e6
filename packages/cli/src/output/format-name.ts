/** What people call a media type: `HEIC` for `image/heic`, `SVG` for `image/svg+xml`. */
export function formatName(type: string): string {
  const [kind, subtype = type] = type.split('/');
  return kind === 'video' ? 'a video' : subtype.replace(/\+.*/, '').toUpperCase();
}
