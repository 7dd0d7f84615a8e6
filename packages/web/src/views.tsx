import { BookImage, Images, type LucideIcon, Trash2 } from 'lucide-react';
import type { MouseEvent } from 'react';
import { currentRoute, go, hrefOf, type Route, toView, useRoute } from './routes.ts';
import { useSession } from './session/session.tsx';

interface Place {
  readonly to: Route;
  readonly label: string;
  readonly icon: LucideIcon;
}

/** The views that the caller may see. */
export function useViews(): readonly Place[] {
  const { info, mayChange, mayRead, mayReadAlbums } = useSession();
  return [
    ...(mayRead ? [{ to: toView('photos'), label: 'Photos', icon: Images }] : []),
    ...(mayReadAlbums ? [{ to: toView('albums'), label: 'Albums', icon: BookImage }] : []),
    ...(mayChange && info.trash_days > 0 ? [{ to: toView('trash'), label: 'Trash', icon: Trash2 }] : []),
  ];
}

export function ViewLink({ to, label, icon: Icon }: Place) {
  const { view } = useRoute();
  return (
    <a href={hrefOf(to)} aria-current={view === to.view ? 'page' : undefined} onClick={(event) => openView(to, event)}>
      <Icon size={20} strokeWidth={1.75} aria-hidden />
      {label}
    </a>
  );
}

/** Follows a link: a click with a key opens another tab, as everywhere. In the view itself it leads to the top. */
export function openView(to: Route, event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (currentRoute().view === to.view) scrollTo({ top: 0, behavior: 'instant' });
  go(to);
}
