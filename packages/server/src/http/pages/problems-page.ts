import { escaped } from '../answers/html-text.ts';
import { PROBLEMS } from '../problem.ts';

/**
 * docs/problems.md as HTML. Supports headings, paragraphs, code and links, which is all that the file uses. Each code
 * is an anchor for the problem's `type`.
 */
export const problemsHtml = (markdown: string): string =>
  markdown
    .trim()
    .split(/\n{2,}/)
    .flatMap(blocksOf)
    .map(blockHtml)
    .join('\n');

/** A heading may have its paragraph on the next line. */
const blocksOf = (block: string): string[] => {
  const [first = '', ...rest] = block.split('\n');
  return first.startsWith('#') && rest.length > 0 ? [first, rest.join('\n')] : [block];
};

function blockHtml(block: string): string {
  const [, marks = '', text = ''] = /^(#{1,3}) (.+)$/.exec(block) ?? [];
  if (marks === '') return `<p>${inlineHtml(block)}</p>`;
  return marks.length === 3 ? codeHeading(text) : `<h${marks.length}>${inlineHtml(text)}</h${marks.length}>`;
}

function codeHeading(code: string): string {
  const known = Object.entries(PROBLEMS).find(([one]) => one === code)?.[1];
  const about = known ? ` <small>${known.status} · ${escaped(known.title)}</small>` : '';
  return `<h3 id="${escaped(code)}"><a href="#${escaped(code)}">${escaped(code)}</a>${about}</h3>`;
}

const CODE_OR_LINK = /`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)/g;

function inlineHtml(text: string): string {
  let html = '';
  let end = 0;
  for (const match of text.matchAll(CODE_OR_LINK)) {
    const [whole, code, words = '', target = ''] = match;
    html += escaped(text.slice(end, match.index));
    html += code === undefined ? linkHtml(words, target) : `<code>${escaped(code)}</code>`;
    end = match.index + whole.length;
  }
  return html + escaped(text.slice(end));
}

/** Other files of docs/ aren't served, so the page names them without a link. */
function linkHtml(words: string, target: string): string {
  if (/^(?:https?:|#)/.test(target)) return `<a href="${escaped(target)}">${escaped(words)}</a>`;
  const file = `<code>docs/${escaped(target.replace(/#.*/, ''))}</code>`;
  return target === words ? file : `${escaped(words)} (${file})`;
}
