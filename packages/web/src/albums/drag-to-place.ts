import { followPointer, imageOf, type Pointer, tileAt } from '../select/follow-pointer.ts';
import style from './album-page.module.css';

interface Drag {
  /** Where it began. */
  readonly start: Pointer;
  readonly isMoving: (id: string) => boolean;
  /** Puts what is dragged before or behind that picture. */
  readonly onDrop: (id: string, isBehind: boolean) => void;
}

/** Pixels: a shorter move is a click. */
const LEAST = 8;

/** Until the pointer is released: a line shows where what is dragged will stand. */
export function dragToPlace({ start, isMoving, onDrop }: Drag): void {
  const line = document.createElement('div');
  line.className = style['line'] ?? '';
  let target: { readonly id: string; readonly isBehind: boolean } | undefined;
  followPointer({
    reach(pointer) {
      if (!line.isConnected && Math.hypot(pointer.x - start.x, pointer.y - start.y) < LEAST) return false;
      document.documentElement.dataset['dragging'] = '';
      const tile = tileAt(pointer);
      const id = imageOf(tile);
      if (tile) {
        const { left, width, top, height } = tile.getBoundingClientRect();
        const isBehind = pointer.x > left + width / 2;
        target = isMoving(id) ? undefined : { id, isBehind };
        Object.assign(line.style, {
          left: `${left + (isBehind ? width : 0)}px`,
          top: `${top}px`,
          height: `${height}px`,
          visibility: target ? 'visible' : 'hidden',
        });
      }
      document.body.append(line);
      return true;
    },
    onEnd(isDone) {
      line.remove();
      delete document.documentElement.dataset['dragging'];
      if (isDone && target) onDrop(target.id, target.isBehind);
    },
  });
}
