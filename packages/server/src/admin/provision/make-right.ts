import { AppError } from '../../domain/errors.ts';
import type { Aspect, Compared, LeftOut } from './aspect.ts';

/** The outcome of one aspect: a difference was removed, or would be. */
export type Outcome = { readonly aspect: string } & (LeftOut | Omit<Compared, 'apply'>);

/** Whether to change the resource, or only to report changes. */
export type Mode = 'apply' | 'dry-run';

interface MakeRightOptions {
  readonly mode: Mode;
  /** The names of the errors by which a store refuses something. */
  readonly unsupported: readonly string[];
}

/** Processes the aspects in order. Errors: the store's, prefixed with the aspect's name. */
export async function makeRight<Target>(
  aspects: readonly Aspect<Target>[],
  target: Target,
  options: MakeRightOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const aspect of aspects) outcomes.push({ aspect: aspect.name, ...(await becomeRight(aspect, target, options)) });
  return outcomes;
}

async function becomeRight<Target>(
  { name, check }: Aspect<Target>,
  target: Target,
  { mode, unsupported }: MakeRightOptions,
): Promise<LeftOut | Omit<Compared, 'apply'>> {
  try {
    const finding = await check(target);
    if (finding.kind !== 'compared') return finding;
    const { kind, difference, except, apply } = finding;
    if (mode === 'apply' && difference.length > 0) await apply();
    return { kind, difference, except };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof AppError) throw error;
    if (unsupported.includes(error.name)) return { kind: 'unsupported', why: `the store says ${error.name}` };
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}
