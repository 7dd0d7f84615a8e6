import { type LucideIcon, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { chooseTheme, chosenTheme, type Theme } from './theme.ts';
import type { Tool } from './tool.ts';

const THEMES: Readonly<Record<Theme, { readonly icon: LucideIcon; readonly label: string; readonly next: Theme }>> = {
  system: { icon: Monitor, label: "Colors: the system's", next: 'light' },
  light: { icon: Sun, label: 'Colors: light', next: 'dark' },
  dark: { icon: Moon, label: 'Colors: dark', next: 'system' },
};

/** From the system's colors to light ones, to dark ones, and back. */
export function useThemeTool(): Tool {
  const [theme, setTheme] = useState(chosenTheme);
  const { icon, label, next } = THEMES[theme];
  return {
    icon,
    label,
    run() {
      chooseTheme(next);
      setTheme(next);
    },
  };
}
