import { Dialog } from './dialog.tsx';
import style from './shortcut-list.module.css';
import type { Shortcut } from './shortcuts.tsx';

interface ShortcutListProps {
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}

/** Those that the picture with the focus has. */
const OF_PICTURES: readonly Pick<Shortcut, 'key' | 'about'>[] = [
  { key: 'Tab', about: 'Reach the pictures, then the dates' },
  { key: '← → ↑ ↓', about: 'Move between pictures' },
  { key: 'Page Up, Page Down', about: 'Move by a screen' },
  { key: 'Home, End', about: 'Newest, oldest' },
  { key: 'Enter', about: 'Open' },
  { key: 'Delete', about: 'Move to the trash' },
  { key: 'Escape', about: 'Close what is open' },
];

/** Loaded when it is asked for. */
export default function ShortcutList({ shortcuts, onClose }: ShortcutListProps) {
  const more = shortcuts.filter(({ key }) => !OF_PICTURES.some((one) => one.key === key));
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={style['list']}>
        {[...OF_PICTURES, ...more].map(({ key, about }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
