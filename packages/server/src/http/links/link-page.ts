import { signedUrlOf } from '../../domain/access/access.ts';
import { SEAL } from '../../domain/access/seal.ts';
import type { AppError } from '../../domain/errors.ts';
import { isShownByFew } from '../../domain/image/media-type.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';
import { type OpenedLink, openLink } from '../../operations/links/open-link.ts';
import type { Services } from '../../services.ts';
import { answer, NO_STORE } from '../answers/answer.ts';
import { retryAfter } from '../answers/problem-answer.ts';
import { PROBLEMS } from '../problem.ts';
import { isPlainOrigin } from '../request/origins.ts';
import { searchOf } from '../request/query.ts';
import type { AnswerHeaders, Route, RouteContext } from '../route.ts';
import { LINK_PAGE_STYLE_HASH, linkPageHtml } from './link-page-html.ts';
import { open } from './links.openapi.ts';

const { refusesUnknownNames: _, ...OPEN_PAGE } = open;

/**
 * The page of a link, for people: the picture with its name. Its seal is the link's own, so it ends with the link, and
 * its picture is the link's. Messengers add parameters to URLs, which don't matter here.
 */
export const linkPageRoutes: readonly Route<Services>[] = [
  {
    method: 'GET',
    path: '/s/:id/:link_id',
    operation: OPEN_PAGE,
    async handle(c, services) {
      const linkId = c.req.param('link_id') ?? '';
      const opened = await openLink(services, { url: signedUrlOf(c.get('access')), linkId });
      const store = services.presigner.originOf(c.get('publicOrigin'));
      return pageAnswer(c, pictureHtml(c, opened), 200, { pictures: [store] });
    },
    refuse: refusedPage,
  },
];

function pictureHtml(c: RouteContext, { image, preset, expiresAt }: OpenedLink): string {
  const given = new URLSearchParams(searchOf(c));
  const seal = SEAL.flatMap((name) => given.getAll(name).map((value): [string, string] => [name, value]));
  const url = (more: Readonly<Record<string, string>>) =>
    `/images/${image.id}/links/${c.req.param('link_id')}?${new URLSearchParams([...seal, ...Object.entries(more)])}`;
  const isJpeg = preset === null && isShownByFew(image.contentType);
  return linkPageHtml({
    name: servedFilename(image.filename, image.contentType),
    picture: url(isJpeg ? { format: 'jpeg' } : {}),
    size: preset === null ? image : null,
    download: url({ download: 'true' }),
    expiresAt,
  });
}

/** The sentences about what a link showed. */
interface Sentences {
  /** One for every link that opens nothing, so that its page doesn't tell why. */
  readonly gone: string;
  readonly unavailable: string;
}

const OF_PICTURE: Sentences = {
  gone: 'This picture is no longer shared.',
  unavailable: 'This picture can’t be shown at the moment. Please try again later.',
};
const INVALID = 'This link is not valid. Perhaps a part of it is missing.';

function told({ code, errors }: AppError, sentences: Sentences): readonly [status: number, sentence: string] {
  const { status } = PROBLEMS[code];
  if (code === 'link-expired') return [status, 'This link has ended.'];
  if (code === 'link-not-found' || code === 'unknown-preset') return [404, sentences.gone];
  const isOfSeal =
    code === 'invalid-request' && errors.some(({ pointer }) => SEAL.some((name) => pointer === `?${name}`));
  return [status, code === 'signature-invalid' || isOfSeal ? INVALID : sentences.unavailable];
}

/** The page of a URL that isn't a whole link's. */
export const brokenLinkPage = (c: RouteContext): Response =>
  pageAnswer(c, linkPageHtml({ sentence: INVALID }), 404, { pictures: [] });

/** The page in place of a problem document. */
export function refusedPage(c: RouteContext, error: AppError, sentences = OF_PICTURE): Response {
  const [status, sentence] = told(error, sentences);
  return pageAnswer(c, linkPageHtml({ sentence }), status, { pictures: [], headers: retryAfter(error) });
}

interface PageOptions {
  /** Origins of pictures besides the page's own. */
  readonly pictures: readonly string[];
  readonly headers?: AnswerHeaders;
}

function pageAnswer(c: RouteContext, html: string, status: number, { pictures, headers }: PageOptions): Response {
  const policy = [
    "default-src 'none'",
    `style-src '${LINK_PAGE_STYLE_HASH}'`,
    ["img-src 'self'", ...pictures.filter(isPlainOrigin)].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return answer(c, c.req.method === 'HEAD' ? null : html, status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'x-robots-tag': 'noindex',
    ...NO_STORE,
    ...headers,
  });
}
