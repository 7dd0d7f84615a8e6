import { ShortcutList } from '../ui/shortcut-list.tsx';
import type { Shortcut } from '../ui/shortcuts.tsx';

interface GuestShortcutsProps {
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}

/** The keys of a grid that changes nothing. */
const OF_PICTURES = [
  { key: 'Tab', about: 'Reach the pictures' },
  { key: '← → ↑ ↓', about: 'Move between pictures' },
  { key: 'Page Up, Page Down', about: 'Move by a screen, as Space and Shift+Space do' },
  { key: 'Home, End', about: 'First, last' },
  { key: 'Enter', about: 'Open' },
  { key: 'Escape', about: 'Close what is open' },
];

export const GuestShortcuts = (props: GuestShortcutsProps) => <ShortcutList others={OF_PICTURES} {...props} />;
