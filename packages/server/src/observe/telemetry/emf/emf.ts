import type { Observer } from '../../observer/observer.ts';
import { METRICS, type Measure } from '../metrics/catalog.ts';
import { measuresOf } from '../metrics/measures.ts';
import { emfLines, type Series } from './emf-lines.ts';
import { type EmfMetric, rowsOf } from './emf-metrics.ts';

/**
 * The metrics of a function, as lines of its log from which CloudWatch takes them: no call, and nothing to lose at a
 * freeze.
 */
export interface Emf {
  /** Adds up what happens. */
  readonly listener: Observer;
  /**
   * Does the work of an invocation and writes, before its answer leaves, what was measured since the last. Later events
   * of the invocation are written with the next.
   */
  invocation<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface EmfOptions {
  readonly namespace: string;
  readonly now: () => Date;
  /** Takes whole lines, and has written them when it returns. */
  readonly write: (text: string) => void;
}

/** Without metrics. */
export const NO_EMF: Emf = { listener: () => undefined, invocation: (work) => work() };

export function createEmf({ namespace, now, write }: EmfOptions): Emf {
  let sums = new Map<string, Sum>();

  const add = (measure: Measure, row: EmfMetric): void => {
    const dimensions = dimensionsOf(measure, row);
    const key = JSON.stringify([measure.metric, dimensions]);
    const sum = sums.get(key) ?? { metric: measure.metric, dimensions, values: new Map<number, number>() };
    addTo(sum, measure.value);
    sums.set(key, sum);
  };
  const flush = (): void => {
    if (sums.size === 0) return;
    const lines = emfLines([...sums.values()], { namespace, now: now() });
    sums = new Map();
    write(`${lines.join('\n')}\n`);
  };

  return {
    listener: (event) => {
      for (const measure of measuresOf(event)) for (const row of rowsOf(measure)) add(measure, row);
    },
    async invocation(work) {
      try {
        return await work();
      } finally {
        try {
          flush();
        } catch (error) {
          process.emitWarning(error instanceof Error ? error : String(error)); // lost metrics are no reason to fail the work
        }
      }
    },
  };
}

interface Sum extends Series {
  readonly values: Map<number, number>;
}

function addTo({ metric, values }: Sum, value: number): void {
  switch (METRICS[metric].kind) {
    case 'histogram': {
      const rounded = Number(value.toPrecision(DIGITS));
      values.set(rounded, (values.get(rounded) ?? 0) + 1);
      return;
    }
    case 'counter': {
      const [before = 0] = values.keys();
      values.clear();
      values.set(before + value, 1);
      return;
    }
    case 'gauge':
      values.clear();
      values.set(value, 1);
  }
}

/** Equal values share a place in a line. A percentile is at most 0.5 % off. */
const DIGITS = 3;

const dimensionsOf = ({ labels }: Measure, { dimensions }: EmfMetric): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(dimensions).map((label) => [label, labels[label] ?? '']));
