import { explain, type FindingKind } from './finding.ts';
import type { Progress, Reconciled } from './reconcile.ts';

/** One finding as JSON. */
export interface FindingJson {
  readonly kind: FindingKind;
  readonly outcome: Reconciled['outcome'];
  readonly image_id?: string;
  readonly key?: string;
  readonly user_id?: string;
  readonly album_id?: string;
  readonly explanation: string;
}

export const findingJson = ({ finding, outcome }: Reconciled): FindingJson => ({
  kind: finding.kind,
  outcome,
  ...('image' in finding && { image_id: finding.image.id }),
  ...('imageId' in finding && { image_id: finding.imageId }),
  ...('key' in finding && { key: finding.key }),
  ...('album' in finding && { album_id: finding.album.id }),
  ...('userId' in finding && { user_id: finding.userId }),
  explanation: explain(finding),
});

/** What a whole run has found. */
export interface SummaryJson {
  readonly images: number;
  readonly objects: number;
  readonly findings: number;
  readonly by_outcome: Readonly<Record<Reconciled['outcome'], number>>;
  readonly by_kind: Readonly<Partial<Record<FindingKind, number>>>;
}

/** Adds up a run. */
export function createSummary() {
  const byOutcome: Record<Reconciled['outcome'], number> = { found: 0, mended: 0, changed: 0, left: 0 };
  const byKind: Partial<Record<FindingKind, number>> = {};
  return {
    add({ finding: { kind }, outcome }: Reconciled): void {
      byOutcome[outcome] += 1;
      byKind[kind] = (byKind[kind] ?? 0) + 1;
    },
    json: ({ images, objects }: Progress): SummaryJson => ({
      images,
      objects,
      findings: Object.values(byOutcome).reduce((sum, one) => sum + one, 0),
      by_outcome: { ...byOutcome },
      by_kind: { ...byKind },
    }),
  };
}
