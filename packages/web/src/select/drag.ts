import type { Library, Sorted } from '../library/library.ts';
import type { Begin } from './create-selecting.ts';
import { followPointer, imageOf, tileAt } from './follow-pointer.ts';

/** Until the pointer is released: selects the range from that picture to the one below the pointer. */
export function drag(library: Library, begin: Begin, from: Sorted): void {
  let isDragging = false;
  followPointer({
    reach(pointer) {
      const picture = library.loaded(imageOf(tileAt(pointer)));
      if (!picture || (!isDragging && picture.at === from.at)) return isDragging;
      if (!isDragging) {
        isDragging = true;
        begin((selecting) => selecting.anchor(from.at));
      }
      begin((selecting) => selecting.extend(picture.at));
      return true;
    },
  });
}
