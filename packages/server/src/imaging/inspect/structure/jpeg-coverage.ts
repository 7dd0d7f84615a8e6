import type { Component, JpegFrame } from './jpeg-frame.ts';

/** The part of a scan header that selects coefficients (ITU-T T.81, B.2.3). */
export interface ScanHeader {
  readonly components: readonly { readonly component: Component; readonly dc: number; readonly ac: number }[];
  /** First and last coefficient, in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** The bit that this scan adds; lower bits follow in later scans. */
  readonly low: number;
}

/** Records which coefficients arrived, and to which bit: missing scans leave no other trace. */
export interface Coverage {
  add(scan: ScanHeader): void;
  isComplete(): boolean;
}

const NOT_YET = 255;

export function createCoverage({ components, isProgressive }: JpegFrame): Coverage {
  const lowest = new Map(components.map((component) => [component, new Uint8Array(64).fill(NOT_YET)]));
  return {
    add: (scan) => {
      const [from, to, low] = isProgressive ? [scan.from, scan.to + 1, scan.low] : [0, 64, 0];
      for (const { component } of scan.components) lowest.get(component)?.fill(low, from, to);
    },
    isComplete: () => [...lowest.values()].every((one) => one.every((low) => low === 0)),
  };
}
