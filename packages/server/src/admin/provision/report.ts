import type { Mode, Outcome } from './make-right.ts';

/** Text for people: a line per aspect, and the sum. */
export function report(outcomes: readonly Outcome[], mode: Mode): string {
  const verb = mode === 'apply' ? 'changed' : 'to change';
  const lines = outcomes.flatMap((outcome) => {
    const { aspect } = outcome;
    if (outcome.kind !== 'compared') return [`  left out   ${aspect}: ${outcome.why}`];
    const { difference, except } = outcome;
    return [
      ...difference.map((line) => `  ${verb.padEnd(9)}  ${aspect}: ${line}`),
      ...(difference.length === 0 ? [`  right      ${aspect}`] : []),
      ...except.map((line) => `  left out   ${aspect}: ${line}`),
    ];
  });
  const changes = outcomes.reduce((sum, one) => sum + (one.kind === 'compared' ? one.difference.length : 0), 0);
  const sums = { apply: `${changes} changed.`, 'dry-run': `${changes} to change; nothing was changed.` };
  return [...lines, changes === 0 ? 'Nothing to change.' : sums[mode]].join('\n');
}
