import { type LucideIcon, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './button.tsx';
import { chooseTheme, chosenTheme, type Theme } from './theme.ts';

const THEMES: Readonly<Record<Theme, { readonly icon: LucideIcon; readonly label: string; readonly next: Theme }>> = {
  system: { icon: Monitor, label: "Colors: the system's", next: 'light' },
  light: { icon: Sun, label: 'Colors: light', next: 'dark' },
  dark: { icon: Moon, label: 'Colors: dark', next: 'system' },
};

/** From the system's colors to light ones, to dark ones, and back. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme);
  const { icon, label, next } = THEMES[theme];
  return (
    <IconButton
      icon={icon}
      label={label}
      onClick={() => {
        chooseTheme(next);
        setTheme(next);
      }}
    />
  );
}
