import * as z from 'zod';
import { got } from './fields.ts';

export const ifExists = z.enum(['replace'], got('expected replace')).meta({
  description:
    'With external_id: if a ready image has it, these bytes replace those of that image, and the other fields are ignored. Needs `images:write`, or an upload token that fixes both.',
});

/** What an image keeps whose bytes are replaced. */
const KEPT_FIELDS = ['description', 'tags', 'metadata', 'visibility', 'external_id'] as const;

type Kept = { readonly [name in (typeof KEPT_FIELDS)[number]]?: unknown };

/** The errors of fields beside `replaces`. */
export const keptFaults = (fields: Kept) =>
  KEPT_FIELDS.filter((name) => fields[name] !== undefined && fields[name] !== null).map((name) => ({
    name,
    detail: `expected no ${name} beside replaces, since the image keeps its own; got one`,
  }));

/** Refuses fields beside `replaces`. */
export function requireAlone(fields: Kept & { readonly replaces?: unknown }, context: z.RefinementCtx): void {
  if (!fields.replaces) return;
  for (const { name, detail } of keptFaults(fields))
    context.addIssue({ code: 'custom', path: [name], message: detail });
}
