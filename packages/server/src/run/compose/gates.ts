import { AppError } from '../../domain/errors.ts';
import { createClamdGate } from '../../gates/clamd/clamd-gate.ts';
import type { KnownGate } from '../../gates/gate.ts';
import { type GuardOptions, guardGate } from '../../gates/guard-gate.ts';
import type { Tracing } from '../../observe/observer/tracing.ts';
import { lookUpName } from '../../outbound/process-names.ts';
import type { Config, Secrets } from '../config/config.ts';

type GateConfig = Pick<Config, 'auth' | 'clamd' | 'httpGates' | 'outboundAllow' | 'maxUploadBytes'>;

interface GateOptions extends GuardOptions {
  readonly warn: (sentence: string) => void;
  readonly tracing: Tracing;
}

/** In the order in which they are asked. Disposing ends their connections. */
export interface OpenGates extends AsyncDisposable {
  readonly gates: readonly KnownGate[];
}

/** The gates of a configuration. Errors: `unavailable` if one can be asked but isn't fit. */
export async function openGates(
  config: GateConfig,
  secrets: Pick<Secrets, 'gateSecrets'>,
  options: GateOptions,
): Promise<OpenGates> {
  const clamd = await clamdGate(config, options);
  const http = await httpGates(config, secrets, options);
  return { gates: [...clamd, ...http.gates], [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

/**
 * One that can't be asked yet has images wait until it can: a service that doesn't start serves none of its other
 * images.
 */
async function clamdGate(
  { clamd, maxUploadBytes }: GateConfig,
  { warn, ...guard }: Pick<GateOptions, 'warn' | keyof GuardOptions>,
): Promise<readonly KnownGate[]> {
  if (!clamd) return [];
  const { address, ...rules } = clamd;
  const gate = createClamdGate({ address, rules, maxUploadBytes });
  try {
    await gate.prove();
  } catch (error) {
    if (error instanceof AppError && error.reason === 'unfit') throw error;
    const why = error instanceof Error ? error.message : String(error);
    warn(`GATE_CLAMD: expected a daemon that answers; got ${why}. Uploads wait until it does.`);
  }
  return [guardGate(gate, guard)];
}

/** Only a service that has such gates imports their client, which takes 0.2 s and 28 MB. */
async function httpGates(
  { httpGates: configured, outboundAllow: allow, auth }: GateConfig,
  { gateSecrets }: Pick<Secrets, 'gateSecrets'>,
  { warn, tracing, ...guard }: GateOptions,
): Promise<OpenGates> {
  if (configured.length === 0) return { gates: [], [Symbol.asyncDispose]: async () => undefined };
  const [{ createOutbound }, { createHttpGate }] = await Promise.all([
    import('../../outbound/outbound.ts'),
    import('../../gates/http/http-gate.ts'),
  ]);
  const mayDecideLater = auth.length > 0;
  if (!mayDecideLater)
    warn('GATE_HTTP_: without AUTH nobody can decide later: an answer of 202 is an error of the gate.');
  const outbound = createOutbound({ allow, lookUp: lookUpName });
  const gates = configured.map(({ name, url, ...rules }) =>
    guardGate(
      createHttpGate({ name, url, rules, secret: gateSecrets.get(name) ?? '', outbound, tracing, mayDecideLater }),
      guard,
    ),
  );
  return { gates, [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose]() };
}
