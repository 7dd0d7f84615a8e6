import type { NamedAlbum } from '../albums/named-album.ts';
import type { Member } from '../library/library.ts';
import type { Question } from '../ui/question.tsx';
import type { Work } from './run-work.tsx';
import { picturesText } from './words.ts';

export const trashing = (members: readonly Member[]): Work => ({
  doing: 'Moving to the trash',
  done: 'Moved',
  as: ' to the trash',
  effect: 'leaves',
  steps: [{ kind: 'trash', members }],
});

export const restoring = (members: readonly Member[]): Work => ({
  doing: 'Restoring',
  done: 'Restored',
  effect: 'leaves',
  steps: [{ kind: 'restore', members }],
});

/** It can't be undone, so `question` comes before it. */
export const deletion = (members: readonly Member[]): Work & { readonly question: Question } => ({
  doing: 'Deleting',
  done: 'Deleted',
  effect: 'leaves',
  steps: [{ kind: 'delete', members }],
  question: {
    title: 'Delete forever?',
    text: `${picturesText(members.length)} can't be restored afterwards.`,
    action: 'Delete forever',
  },
});

export const addingTo = ({ album_id: album, title }: NamedAlbum, members: readonly Member[]): Work => ({
  doing: 'Adding',
  done: 'Added',
  as: ` to “\u2068${title}\u2069”`,
  unchanged: `Already in “\u2068${title}\u2069”.`,
  effect: 'stays',
  steps: [{ kind: 'album-add', album, members }],
});

export const removingFrom = ({ album_id: album }: NamedAlbum, members: readonly Member[]): Work => ({
  doing: 'Removing',
  done: 'Removed',
  as: ' from the album',
  unchanged: "They aren't in the album any more.",
  effect: 'leaves',
  steps: [{ kind: 'album-remove', album, members }],
});
