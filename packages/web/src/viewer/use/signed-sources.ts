import type { SafelightClient } from '@safelight/client';
import type { Picture } from '../../library/library.ts';
import { wholeRenditions } from '../renditions.ts';

/** Addresses that pages may use, by the names of presets, the smallest first. */
export interface Sources {
  readonly renditions: Readonly<Record<string, string>>;
  /** `presets`: the service signs no others. Without authentication those have no signature. */
  readonly kind: 'public' | 'signed' | 'presets';
  /** When they end by themselves; null: never. */
  readonly until: Date | null;
}

export interface SourcesOptions {
  readonly presets: Readonly<Record<string, string>>;
  /** Whether the service signs no sizes of one's own. */
  readonly isPresetsOnly: boolean;
  /** Seconds; null: never. */
  readonly expiresIn: number | null;
}

/**
 * Addresses of the presets that show the whole picture: those of a public picture, which need no signature and never
 * end; else signed ones of the same sizes. With PRESETS_ONLY the service signs none, and the presets' own end in a day
 * or two. Errors: those of requests.
 */
export async function sourcesOf(
  client: SafelightClient,
  picture: Picture,
  { presets, isPresetsOnly, expiresIn }: SourcesOptions,
): Promise<Sources> {
  const whole = wholeRenditions(picture, presets);
  if (picture.visibility === 'public') return { kind: 'public', renditions: urlsOf(whole, withoutQuery), until: null };
  if (isPresetsOnly)
    return { kind: 'presets', renditions: urlsOf(whole, (url) => url), until: endOf(whole[0]?.url ?? '') };
  const renders = whole.map(({ preset }) => ({
    image_id: picture.image_id,
    ...parametersOf(presets[preset] ?? ''),
    ...(expiresIn !== null && { expires_in: expiresIn }),
  }));
  if (renders.length === 0) return { kind: 'signed', renditions: {}, until: null };
  const { results } = (await client.request('/render-urls', { method: 'POST', body: { renders } })) as Signed;
  const signed = whole.flatMap(({ preset }, index) => {
    const { url, expires_at: end } = results[index] ?? {};
    return url === undefined ? [] : [{ preset, url, end: end ?? null }];
  });
  if (signed.length < whole.length) throw new Error('expected a signed address of each size');
  const [first] = signed;
  return { kind: 'signed', renditions: urlsOf(signed, (url) => url), until: first?.end ? new Date(first.end) : null };
}

interface Signed {
  readonly results: readonly { readonly url?: string; readonly expires_at?: string | null }[];
}

const urlsOf = (
  all: readonly { readonly preset: string; readonly url: string }[],
  change: (url: string) => string,
): Readonly<Record<string, string>> => Object.fromEntries(all.map(({ preset, url }) => [preset, change(url)]));

const withoutQuery = (url: string): string => url.replace(/\?.*$/, '');

/** When a signed URL of a preset ends; null: it has no end. */
function endOf(url: string): Date | null {
  const seconds = URL.canParse(url) ? new URL(url).searchParams.get('exp') : null;
  return seconds === null ? null : new Date(Number(seconds) * 1_000);
}

const NUMBERS = new Set(['w', 'h', 'q', 'dpr']);

const parametersOf = (transform: string): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    [...new URLSearchParams(transform)].map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]),
  );
