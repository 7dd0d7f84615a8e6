import { decidesAtReserved } from '../../../domain/image/screening.ts';
import type { AllowedNetwork } from '../../../outbound/allowed-network.ts';
import { urlFault } from '../../../outbound/url-fault.ts';
import type { Read, Report, Variable } from '../variable.ts';
import { type GateRulesConfig, readRules } from './gate-rules.ts';
import { HTTP_GATE, HTTP_GATE_VARIABLES, NAME } from './http-gate-variables.ts';

/** A gate that is asked by HTTP. */
export interface HttpGateConfig extends GateRulesConfig {
  /** As records have it: `human-review`. */
  readonly name: string;
  /** Its path may be a secret. */
  readonly url: string;
}

/** Those of all HTTP gates, and the keys that sign, by name. */
export interface HttpGates {
  readonly httpGates: readonly HttpGateConfig[];
  readonly outboundAllow: readonly AllowedNetwork[];
  readonly gateSecrets: ReadonlyMap<string, string>;
}

type Environment = { readonly [name: string]: string | undefined };

const MAX_GATES = 8;
const MAX_NAME_LENGTH = 32;
const NAME_FORM = /^[A-Z0-9]+(?:_[A-Z0-9]+)*$/;

/** The name of the gate of GATE_CLAMD. */
const TAKEN = 'CLAMD';

const { httpGate, outboundAllow, ...SETTINGS } = HTTP_GATE_VARIABLES;
const SUFFIXES = Object.values(SETTINGS).map(({ name }) => name.slice(httpGate.name.length));

/** The variables of a gate's settings, and of none: a name that ends like one of them is a setting. */
interface Found {
  readonly gates: ReadonlySet<string>;
  readonly settings: readonly { readonly variable: string; readonly gate: string }[];
}

/** The names of the set variables about HTTP gates, whatever their letters. */
export const httpGateNames = (environment: Environment): readonly string[] =>
  Object.keys(environment).filter((name) => name.toUpperCase().startsWith(HTTP_GATE) && environment[name]?.trim());

/** Reads the HTTP gates, in the order of their names. */
export function readHttpGates(environment: Environment, read: Read, report: Report): HttpGates {
  const allow = read(outboundAllow);
  const { gates, settings } = found(environment, report);
  for (const { variable, gate } of settings)
    if (!gates.has(gate)) {
      const detail = `expected ${HTTP_GATE}${gate} too, since this is its setting (the name of a gate can't end so); got no such gate`;
      report(variable, detail);
    }
  const secrets = new Map<string, string>();
  const httpGates = [...gates].toSorted().map((name, index): HttpGateConfig => {
    if (index === MAX_GATES) report(`${HTTP_GATE}${name}`, `expected at most ${MAX_GATES} gates; got ${gates.size}`);
    const own = <Value>(variable: Variable<Value>) => ({ ...variable, name: variable.name.replace(NAME, name) });
    const key = own(SETTINGS.httpGateSecret);
    if (!environment[key.name]?.trim()) report(key.name, 'expected the key that signs requests to the gate; got none');
    const inRecords = name.toLowerCase().replaceAll('_', '-');
    secrets.set(inRecords, read(key));
    const url = read(own(httpGate));
    const fault = urlFault(url, { mayBeInside: allow.length > 0 });
    if (fault !== undefined)
      report(`${HTTP_GATE}${name}`, `expected ${fault.expected}${hint(name, gates)}; got ${fault.got}`);
    const rules = readRules(read, {
      onError: own(SETTINGS.httpGateOnError),
      attempts: own(SETTINGS.httpGateAttempts),
      timeoutSeconds: own(SETTINGS.httpGateTimeout),
      concurrency: own(SETTINGS.httpGateConcurrency),
      deadlineHours: own(SETTINGS.httpGateDeadline),
      atDeadline: own(SETTINGS.httpGateAtDeadline),
    });
    return { name: inRecords, url, ...rules };
  });
  return { httpGates, outboundAllow: allow, gateSecrets: secrets };
}

function found(environment: Environment, report: Report): Found {
  const gates = new Set<string>();
  const settings: { variable: string; gate: string }[] = [];
  for (const variable of httpGateNames(environment)) {
    const rest = variable.slice(HTTP_GATE.length);
    const suffix = SUFFIXES.find((one) => rest.endsWith(one) || `_${rest}` === one);
    const gate = suffix === undefined ? rest : rest.slice(0, -suffix.length);
    if (!variable.startsWith(HTTP_GATE) || !NAME_FORM.test(gate) || gate.length > MAX_NAME_LENGTH)
      report(
        variable,
        `expected ${HTTP_GATE} and the name of a gate, of A-Z and 0-9 with single _ between, at most ${MAX_NAME_LENGTH}; got another name`,
      );
    else if (gate === TAKEN) report(variable, 'expected another name: clamd is the gate of GATE_CLAMD; got that one');
    else if (decidesAtReserved(gate.toLowerCase()))
      report(variable, 'expected another name: the gates owner and replace are the service’s own; got one of them');
    else if (suffix === undefined) gates.add(gate);
    else settings.push({ variable, gate });
  }
  return { gates, settings };
}

/** A misspelled setting looks like a gate of its own. */
function hint(name: string, gates: ReadonlySet<string>): string {
  const base = [...gates].find((other) => name.startsWith(`${other}_`));
  return base === undefined ? '' : `, or a setting of ${HTTP_GATE}${base}: one of ${SUFFIXES.join(', ')}`;
}
