import { isOneEditApart } from '../../text/similar-name.ts';
import { HTTP_GATE, HTTP_GATE_VARIABLES } from './gates/http-gate-variables.ts';
import { VARIABLES } from './variables.ts';

type Environment = { readonly [name: string]: string | undefined };

/** Shorter names are one edit from unrelated words, such as HOST from GHOST. */
const SHORTEST = 6;

const variables: readonly { readonly name: string; readonly aliases?: readonly string[] }[] = Object.values(VARIABLES);
const NAMES = [...new Set(variables.flatMap(({ name, aliases = [] }) => [name, ...aliases]))];

/**
 * Variables of the AWS SDK that are one edit from a name of ours: the endpoints of SES, SMS, SNS and STS beside that of
 * SQS.
 */
const OF_SDK = ['SES', 'SMS', 'SNS', 'STS'].map((service) => `AWS_ENDPOINT_URL_${service}`);

/** A sentence for the address of a store that isn't used. A variable of the AWS SDK may be meant for other programs. */
export const unusedEndpoint = (environment: Environment): string[] =>
  environment['AWS_ENDPOINT_URL_S3']?.trim() && !environment['S3_BUCKET']?.trim()
    ? ['AWS_ENDPOINT_URL_S3 is set without S3_BUCKET: images are in DATA_DIR.']
    : [];

/** The examples of gates read it, and docs/gates.md has it in the shell that starts the service. */
const OF_EXAMPLES = 'GATE_SECRET';

/** The service refuses to start with another name behind it. */
const isOfHttpGate = (given: string): boolean => given.startsWith(HTTP_GATE);

/** Named by run/config/telemetry/unread-variables.ts, with those that nothing resembles. */
const isOpenTelemetrys = (given: string): boolean => given.startsWith('OTEL_');

/** Without the gate that it is to be, images would be ready unseen. */
const LIKE_A_GATE = /^GATES?_/;

/** A unit at the end: MAX_UPLOAD_MB for MAX_UPLOAD_BYTES. */
const UNIT = /_(?:BYTES|[KMG]I?B|MS|SECONDS|SECS?|MINUTES|HOURS|DAYS|SIZE)$/;

const isSimilar = (given: string, name: string): boolean =>
  isOneEditApart(given, name) ||
  given === `${name}_NAME` ||
  (UNIT.test(given) && UNIT.test(name) && given.replace(UNIT, '') === name.replace(UNIT, ''));

/** A sentence for each set variable that is unknown and similar to one of ours. Omits values, which may be secrets. */
export const misspelledVariables = (environment: Environment): string[] =>
  Object.keys(environment).flatMap((given) => {
    if (!environment[given]?.trim() || NAMES.includes(given) || OF_SDK.includes(given)) return [];
    if (given === OF_EXAMPLES || isOfHttpGate(given) || isOpenTelemetrys(given)) return [];
    const meant =
      NAMES.find((name) => name.length >= SHORTEST && isSimilar(given, name)) ??
      (LIKE_A_GATE.test(given) ? HTTP_GATE_VARIABLES.httpGate.name : undefined);
    return meant === undefined ? [] : [`${given} is set, but is no variable of this service: did you mean ${meant}?`];
  });

/**
 * A sentence for each name that differs from one of ours in case only, unless that one is set: `auth=api-key` would
 * start an open service. For the names of a file that is ours: the environment has other programs' names, such as
 * `host`.
 */
export const variablesInAnotherCase = (given: readonly string[], environment: Environment): string[] =>
  given.flatMap((name) => {
    const meant = name.toUpperCase();
    if (name === meant || !NAMES.includes(meant) || environment[meant]?.trim()) return [];
    return [`${name} in .env is no variable of this service, whose names are in capitals: did you mean ${meant}?`];
  });

/** Variables of Node, OpenSSL, the AWS SDK, OpenTelemetry and Compose, which read the same file or environment. */
const OF_OTHERS = /^(?:AWS|COMPOSE|NODE|OTEL|SSL|UV)_|^(?:TZ|NO_COLOR|FORCE_COLOR)$|_PROXY$/;

/**
 * A sentence for each name that is no variable and like none: `GATES=clamav` would start a service without gates. For
 * the names of a file that is ours. Those that the other functions report are left out.
 */
export const unknownVariables = (given: readonly string[]): string[] =>
  given
    .filter((name) => !NAMES.includes(name.toUpperCase()) && !OF_OTHERS.test(name) && !isOfHttpGate(name))
    .filter((name) => name !== OF_EXAMPLES && misspelledVariables({ [name]: 'set' }).length === 0)
    .map((name) => `${name} in .env is no variable of this service: \`--help\` lists them.`);
