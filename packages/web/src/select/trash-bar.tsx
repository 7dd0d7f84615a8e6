import type { Library } from '../library/library.ts';
import type { Selecting } from './create-selecting.ts';
import { SelectionBar } from './selection-bar.tsx';

export interface TrashBarProps {
  readonly selecting: Selecting;
  readonly photos: Library;
}

export function TrashBar({ selecting }: TrashBarProps) {
  return <SelectionBar selecting={selecting} actions={[]} />;
}
