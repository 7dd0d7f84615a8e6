import { oneLine } from '../../text/one-line.ts';
import { withoutSecrets } from './logged-error.ts';

/** Characters: the longest sentence of the service about one field has some 300. */
const MAX_LENGTH = 1_000;

/** The refused value, as `preview` quotes it: it may be private, or a secret sent under a wrong name. */
const CLIENT_TEXT = /(got )"(?:[^"\\]|\\.)*(?:"(?:\.\.\.)?|$)/g;
/** A query parameter as problems name it: its name is kept, which `withoutSecrets` would take for a query. */
const PARAMETER = /(^|\. )\?(?=[\w-]{1,60}: )/g;

/** A problem's detail for the log: one line of limited length, without quoted client texts and queries. */
export const loggedDetail = (detail: unknown): unknown => {
  if (typeof detail !== 'string') return detail;
  const sentence = oneLine(detail.slice(0, MAX_LENGTH).replaceAll(CLIENT_TEXT, '$1"…"').replaceAll(PARAMETER, '$1'));
  return detail.length > MAX_LENGTH ? `${withoutSecrets(sentence)}...` : withoutSecrets(sentence);
};
