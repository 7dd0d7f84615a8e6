import { parseArgs } from 'node:util';
import { factorIn } from '../packages/server/test/repeats.ts';
import { filesOf, LONG_REPEATS, TIERS, type Tier } from './test-tiers.ts';

export interface TestOptions {
  /** Undefined: files are named, and run whole. */
  readonly tiers: readonly Tier[] | undefined;
  readonly files: readonly string[];
  /** A factor for the rounds of tests that go by chance (`repeats.ts`). */
  readonly repeats: number;
  /** All that CI runs, in one run. */
  readonly isWholeCi: boolean;
  /** Options for `node --test`. */
  readonly forNode: readonly string[];
}

interface Surroundings {
  readonly CI?: string | undefined;
  readonly REPEATS?: string | undefined;
}

/** The options of `npm test -- [--tier TIER]... [--shard PART/PARTS] [--OPTION[=VALUE] of node]... [FILE]...` */
export function testOptions(args: readonly string[], { CI, REPEATS }: Surroundings): TestOptions {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: { tier: { type: 'string', multiple: true }, shard: { type: 'string' } },
    strict: false,
    tokens: true,
  });
  const given = tokens.flatMap((token, index) => {
    if (token.kind !== 'positional') return [];
    const before = tokens[index - 1];
    if (before?.kind === 'option' && before.value === undefined && !token.value.endsWith('.ts'))
      throw new Error(`expected ${before.rawName}=VALUE or a test file; got ${before.rawName} ${token.value}`);
    return token.value;
  });
  const usual: readonly Tier[] = CI ? ['change', 'ci'] : ['change'];
  const tiers = values.tier?.map(tierIn) ?? (given.length > 0 ? undefined : usual);
  const forNode = [
    ...(values.shard === undefined ? [] : [`--test-shard=${values.shard}`]),
    ...tokens.flatMap((token) =>
      token.kind === 'option' && token.name !== 'tier' && token.name !== 'shard' ? (args[token.index] ?? []) : [],
    ),
  ];
  return {
    tiers,
    files: given.length > 0 ? given : filesOf(tiers ?? []),
    isWholeCi: Boolean(CI) && tiers === usual && forNode.length === 0,
    repeats: factorIn(REPEATS ?? (tiers?.includes('long') ? LONG_REPEATS : '1')),
    forNode,
  };
}

function tierIn(name: string | boolean): Tier {
  const tier = TIERS.find((one) => one === name);
  if (tier === undefined) throw new Error(`expected --tier ${TIERS.join(', ')}; got ${name}`);
  return tier;
}
