import type { Image } from '../../src/domain/image/image.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import type { MortalService } from '../services/mortal-service.ts';
import type { TestService } from '../services/service.ts';

type Variables = Readonly<Record<string, string>>;

export async function credentialFrom(open: () => Promise<TestService>, environment: Variables): Promise<Variables> {
  await using own = await open();
  return credentialOf(own, environment);
}

/** The credential of a service that acts for all users, and moderates; none in open mode. */
export async function credentialOf({ services }: TestService, { AUTH }: Variables): Promise<Variables> {
  if (AUTH === undefined) return {};
  const terms = { name: 'app', owner: null, actsAs: null, expiresAt: null };
  await createKey(services, { ...terms, scopes: ['images:admin'] }); // no process starts without one
  const scopes = ['images:read', 'images:write', 'images:moderate'] as const;
  const { text } = await createKey(services, { ...terms, actsAs: 'everyone', scopes });
  return { Authorization: `Bearer ${text}` };
}

/** Adds them to requests of the API, not to presigned ones. */
export const withHeaders = (service: MortalService, headers: Variables): MortalService => ({
  ...service,
  send: (target, sent) =>
    service.send(target, target.startsWith('/') ? { ...sent, headers: { ...sent.headers, ...headers } } : sent),
});

/** This process's own service, with the same interface. */
export const ownAsMortal = (own: TestService): MortalService => ({
  async send(target, { ...init }) {
    const response = await (target.startsWith('/') ? own.request(target, init) : own.send(target, init));
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body, text: body.toString() };
  },
  answered: async () => undefined,
  kill: async () => undefined,
  isGone: () => false,
  output: () => '',
});

/** Has the next sweep ask about every held image, as if time had passed. */
export async function makeDue({ services: { images, clock } }: TestService, records: readonly Image[]): Promise<void> {
  for (const image of records) {
    if (image.status !== 'held') continue;
    const screening = { ...image.screening, askAt: new Date(clock.now().getTime() - 1_000) };
    await images.replace(image, { ...image, screening });
  }
}
