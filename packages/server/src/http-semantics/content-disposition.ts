/** How a browser should treat bytes: show them in place or save them. */
export type Disposition = 'inline' | 'attachment';

/** Content-Disposition with the name twice: plain for old clients, encoded for the rest (RFC 6266 4.3, RFC 8187). */
export const contentDisposition = (disposition: Disposition, filename: string): string => {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%/]/gu, '_');
  const encoded = encodeURIComponent(filename).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `${disposition}; filename="${plain}"; filename*=UTF-8''${encoded}`;
};
