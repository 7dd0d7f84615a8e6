import type { Selecting } from './create-selecting.ts';
import { SelectionBar } from './selection-bar.tsx';

export interface PhotosBarProps {
  readonly selecting: Selecting;
}

export function PhotosBar({ selecting }: PhotosBarProps) {
  return <SelectionBar selecting={selecting} actions={[]} />;
}
