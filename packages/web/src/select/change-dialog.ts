import type { Member } from '../library/library.ts';
import type { Selecting } from './create-selecting.ts';
import type { Edit, Revisions } from './steps.ts';
import type { WorkWords } from './work-words.ts';

/** What a dialog needs that chooses how the selected pictures are changed. */
export interface ChangeDialogProps {
  readonly selecting: Selecting;
  readonly onClose: () => void;
  readonly onChange: (words: WorkWords, edit: Edit, members: readonly Member[], at?: Revisions) => void;
}
