import { explainWait, type ProblemParams, type SafelightCode, type SafelightError } from '@safelight/client';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { type Credential, kindOf } from '../settings/credential-kind.ts';
import { fileKind } from './file-kind.ts';

export interface Advice {
  /** One line: what happened, and what to do. */
  readonly message: string;
  readonly exitCode: ExitCode;
}

interface Rule {
  readonly exitCode?: ExitCode;
  /** What happened; absent: the service's own words. */
  readonly what?: string;
  /** Absent: the service's own words say it. */
  readonly next?: string;
}

const AGAIN = 'Run the same command again.';
const LATER = 'Wait a little, then run the same command again.';

/** What to do about each error; the service's codes are explained in docs/problems.md. */
const RULES = {
  network: {
    exitCode: EXIT.unreachable,
    what: 'No connection to the service',
    next: 'Check --url and the network, then run the same command again.',
  },
  timeout: {
    exitCode: EXIT.unreachable,
    what: 'The service did not answer in time',
    next: 'Check the network, then run the same command again.',
  },
  'unexpected-answer': {
    exitCode: EXIT.unreachable,
    next: 'Check --url, and whether a proxy or a login page is in between.',
  },
  aborted: { exitCode: EXIT.interrupted, what: 'Stopped', next: AGAIN },
  'unreadable-file': {
    what: 'The file can no longer be read',
    next: 'Check that it still exists and that you may read it.',
  },
  'file-changed': {
    what: 'The file changed while it was being sent',
    next: 'Run the same command again when nothing writes to it.',
  },

  'no-token': { exitCode: EXIT.notAllowed, next: 'Run `safelight login`, or set SAFELIGHT_TOKEN.' },
  unauthenticated: {
    exitCode: EXIT.notAllowed,
    what: 'The service needs a credential',
    next: 'Run `safelight login`, or set SAFELIGHT_TOKEN.',
  },
  'missing-scope': { exitCode: EXIT.notAllowed, next: 'Use a credential with this scope.' },
  forbidden: { exitCode: EXIT.notAllowed, next: 'Check --user, or use another credential.' },
  'upload-token-used-up': {
    exitCode: EXIT.notAllowed,
    what: 'The upload token has permitted all of its uploads',
    next: 'Use a new one: `safelight login`.',
  },
  'user-erased': { exitCode: EXIT.notAllowed, what: "The user's data was deleted, and the user is blocked" },
  'password-required': { exitCode: EXIT.notAllowed },
  'wrong-password': { exitCode: EXIT.notAllowed },
  'signature-invalid': { exitCode: EXIT.notAllowed, next: AGAIN },
  'origin-not-allowed': { exitCode: EXIT.notAllowed },
  'forwarded-request': { exitCode: EXIT.notAllowed, next: 'Ask the operator of the service to set AUTH.' },
  'origin-secret-required': { exitCode: EXIT.notAllowed, next: "Check --url: use the service's public address." },
  'misdirected-host': { exitCode: EXIT.notAllowed, next: 'Check --url: use a name that the service knows.' },
  'quota-exceeded': { next: 'Delete images (the trash counts too), or ask an admin for a larger quota.' },

  'invalid-request': {},
  'malformed-body': {},
  'unsupported-body': {},
  'invalid-cursor': { next: AGAIN },
  'cursor-expired': { what: 'The service no longer has the events after this cursor', next: 'Start without a cursor.' },
  'search-unsupported': { what: 'This service has no search', next: 'List without --search.' },
  'body-interrupted': { next: AGAIN },
  'empty-upload': { what: 'The file is empty', next: 'Check where it came from.' },
  'upload-too-large': { next: 'Make a smaller copy.' },
  'unsupported-type': {
    what: 'Not an image that Safelight stores',
    next: 'Export it as JPEG or PNG.',
  },
  'type-mismatch': { next: 'Export it again.' },
  'content-mismatch': {
    what: 'Other bytes arrived than were announced',
    next: 'Run the same command again when nothing writes to the file.',
  },
  'unreadable-image': {
    what: 'The image is damaged, or of a kind that Safelight does not store',
    next: 'Export it again.',
  },
  'too-many-pixels': { next: 'Export a smaller copy.' },
  'processing-failed': { what: 'The image could not be decoded', next: 'Export it again.' },
  'refused-by-gate': { what: 'The service does not accept this image' },
  'fetch-failed': { what: 'The service got no picture from the URL', next: 'Check the URL, or upload the file.' },
  'rendition-failed': {},
  'image-not-found': {
    what: 'No such image: it was never uploaded, was deleted, or is in the trash',
    next: 'List yours: `safelight ls`, or `safelight ls --status trashed`.',
  },
  'album-not-found': { what: 'No such album', next: 'List yours: `safelight albums`.' },
  'album-full': {},
  'user-not-found': { what: 'No deletion of this user was asked for, or nothing of the user was found' },
  'key-not-found': { what: 'No such key', next: 'List them: `safelight keys list`.' },
  'webhook-not-found': { what: 'No such webhook', next: 'List them: `safelight webhooks`.' },
  'too-many-webhooks': {
    what: 'There are as many webhooks as there can be for these users',
    next: 'Remove one: `safelight webhooks remove ID`.',
  },
  'already-decided': { next: 'Somebody has decided the other way, and that stays.' },
  'not-awaited': { next: 'List what waits: `safelight held`.' },
  'key-already-rotated': {
    next: 'If its text is lost, revoke it first (`safelight keys revoke`), then rotate the former key again.',
  },
  'link-not-found': { what: 'No such link', next: 'List them: `safelight link IMAGE_ID --list`.' },
  'unknown-preset': {},
  'route-not-found': {
    next: 'Check --url. Otherwise it is switched off there, or the service is older: ask its operator.',
  },
  'method-not-allowed': {
    what: 'The service does not offer this',
    next: 'The service may be older than this program.',
  },
  'link-expired': { next: AGAIN },
  'external-id-taken': { next: 'Use another --external-id, or delete the image that the message names.' },
  'former-id-taken': {},
  'revision-conflict': { what: 'Somebody else changed it at the same time', next: AGAIN },
  'range-not-satisfiable': { next: AGAIN },
  'image-not-ready': {
    next: 'Its status is in `safelight ls --status pending`, `--status held` or `--status rejected`.',
  },
  'too-many-links': {
    what: 'The image has 50 links, which is the most',
    next: 'Revoke one: `safelight link IMAGE_ID --list`, then `--revoke LINK_ID`.',
  },
  'upload-missing': { what: 'The bytes did not arrive', next: AGAIN },
  'idempotency-conflict': { next: AGAIN },
  'idempotency-in-progress': { what: 'The same upload is still running elsewhere', next: LATER },
  overloaded: { what: 'The service is overloaded', next: LATER },
  'rate-limited': { what: 'Too many requests for this credential', next: LATER },
  'decoder-failed': { what: 'The service could not examine the image', next: LATER },
  unavailable: { what: 'The service is not available', next: LATER },
  'insufficient-storage': { what: 'The disk of the service is full', next: 'Tell its operator.' },
  'original-lost': { what: 'The service has lost the bytes of this image', next: 'Tell its operator.' },
  internal: { what: 'A fault of the service', next: 'Tell its operator the request id.' },
} as const satisfies Record<SafelightCode, Rule>;

/** Older services don't tell the reason. */
const UNREADABLE: { readonly [reason in NonNullable<ProblemParams['reason']>]?: Rule } = {
  'cut-off': {
    what: 'The file ends before the picture does',
    next: 'Copy it again from where it is whole.',
  },
  animated: {
    what: 'The file is an animation of a kind that Safelight does not store',
    next: 'Convert it to an animated WebP or a GIF.',
  },
  damaged: { what: 'The image is damaged', next: 'Export it again.' },
};

/** A credential of several users, such as an admin's, and none of them named. */
const NOBODY_NAMED: Advice = {
  message: 'The credential is for several users: whose images? Add --user NAME, or set SAFELIGHT_USER.',
  exitCode: EXIT.usage,
};

/** A credential was sent. The answer is the same for all of its faults, so the operator alone knows more. */
const refused = ({ requestId }: SafelightError, credential: Credential): Advice => ({
  message: `The service refuses the credential (${kindOf(credential)}). Check that it is whole, of this service, and neither expired nor revoked; then run \`safelight login\`, or set SAFELIGHT_TOKEN.${requestId === undefined ? '' : ` Its operator finds the reason in the log: ${requestId}.`}`,
  exitCode: EXIT.notAllowed,
});

export function adviceFor(error: SafelightError, credential?: Credential): Advice {
  if (error.code === 'unauthenticated' && credential?.token !== undefined) return refused(error, credential);
  if (error.code === 'invalid-request' && error.params.reason === 'no-user') return NOBODY_NAMED;
  const rule = ruleFor(error);
  const each = error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  const details = each === error.detail && rule.what === undefined ? '' : each; // one fault is the detail itself
  const what = [rule.what, rule.what === undefined ? error.detail : undefined, details || undefined, reasonOf(error)];
  const exitCode =
    rule.exitCode ?? (error.status === 429 || (error.status ?? 0) < 500 ? EXIT.someFailed : EXIT.unreachable);
  const known = what.filter((part) => part !== undefined).join(': ');
  const id = error.code === 'internal' && error.requestId ? ` (${error.requestId})` : '';
  const next = error.retryAfter ? `${explainWait(error.retryAfter)} ${AGAIN}` : rule.next;
  return { message: [sentence(`${known}${id}`), next].filter((part) => part !== undefined).join(' '), exitCode };
}

function ruleFor(error: SafelightError): Rule {
  if (error.code === 'unreadable-image' && error.params.reason !== undefined) {
    const { [error.params.reason]: rule } = UNREADABLE;
    if (rule) return rule;
  }
  return Object.hasOwn(RULES, error.code) ? RULES[error.code] : {}; // a newer service may have other codes
}

/** Why no connection came about, or what is wrong with the image. */
function reasonOf(error: SafelightError): string | undefined {
  switch (error.code) {
    case 'network':
      return connectionFault(error);
    case 'unreadable-image':
      return error.params.reason === 'cut-off' ? undefined : error.detail;
    case 'unsupported-type':
      return error.params.got === undefined ? undefined : fileKind(error.params.got);
    default:
      return undefined;
  }
}

/** Node's names of faults that a person can do something about. */
const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at',
  ENOTFOUND: 'there is no host',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  ETIMEDOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
  CERT_HAS_EXPIRED: 'the certificate has expired, unless the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet: is the clock of this machine right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is self-signed (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is not trusted (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  EPROTO: 'the host does not speak TLS: is it http instead of https?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the host does not speak TLS: is it http instead of https?',
};

interface ConnectionError extends Error {
  readonly code?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

/** The code of the innermost error: fetch wraps them, and so does a connection to several addresses. */
export function connectionFault(error: unknown): string | undefined {
  for (
    let inner: unknown = error;
    inner instanceof Error;
    inner = inner.cause ?? (inner as AggregateError).errors?.[0]
  ) {
    const { code = '', hostname, address, port } = inner as ConnectionError;
    const fault = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
    if (fault !== undefined)
      return code === 'ENOTFOUND'
        ? `${fault} ${hostname}`
        : code === 'ECONNREFUSED'
          ? `${fault} ${address}:${port}`
          : fault;
  }
  return undefined;
}

/** One line, with a capital and a full stop. */
function sentence(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ').trim();
  const begun = line.slice(0, 1).toUpperCase() + line.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
