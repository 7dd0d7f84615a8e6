import { wrap } from '../packages/server/src/text/wrap.ts';

const MAX_WIDTH = 120;

/** A line of a table, a heading, a comment or a list. */
const NO_PROSE = /^\s*(?:[|#<]|[-*] |\d+\. )/m;

/** Markdown with its paragraphs wrapped, as in the documents written by hand. */
export const wrapped = (markdown: string): string =>
  markdown
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part) =>
      part.startsWith('```')
        ? part
        : part
            .split(/(\n{2,})/)
            .map(paragraph)
            .join(''),
    )
    .join('');

const paragraph = (text: string): string =>
  NO_PROSE.test(text) ? text : text.replace(/\S[\s\S]*\S/, (prose) => wrap(prose, MAX_WIDTH).join('\n'));
