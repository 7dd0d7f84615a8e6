import { Dialog } from './dialog.tsx';
import style from './shortcut-list.module.css';
import type { Shortcut } from './shortcuts.tsx';

interface ShortcutListProps {
  readonly shortcuts: readonly Shortcut[];
  /** Further keys, before them, unless they mean something else here; absent: those of the grid. */
  readonly others?: typeof OF_PICTURES;
  readonly onClose: () => void;
}

/** Those that the picture with the focus has. */
const OF_PICTURES: readonly Pick<Shortcut, 'key' | 'about'>[] = [
  { key: 'Tab', about: 'Reach the pictures, then the dates' },
  { key: '← → ↑ ↓', about: 'Move between pictures' },
  { key: 'Page Up, Page Down', about: 'Move by a screen, as Space and Shift+Space do' },
  { key: 'Home, End', about: 'Newest, oldest' },
  { key: 'Enter', about: 'Open' },
  { key: 'x', about: 'Select' },
  { key: 'Shift+← → ↑ ↓', about: 'Select up to there' },
  { key: 'Ctrl+A', about: 'Select all' },
  { key: 'Alt+← →', about: 'Move it in an album that is ordered by hand' },
  { key: 'f', about: 'Make it a favorite, or no longer one' },
  { key: 'Delete', about: 'Move to the trash' },
  { key: 'Ctrl+Z', about: 'Undo' },
  { key: 'Escape', about: 'Close what is open' },
];

const ARROWS: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

export function ShortcutList({ shortcuts, others = OF_PICTURES, onClose }: ShortcutListProps) {
  const before = others.filter(({ key }) => !shortcuts.some((one) => one.key === key));
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={style['list']}>
        {[...before, ...shortcuts].map(({ key, about }) => (
          <div key={key}>
            <dt>
              <kbd>{ARROWS[key] ?? key}</kbd>
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
