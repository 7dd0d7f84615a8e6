import { useState } from 'react';
import type { Picture } from '../../library/library.ts';
import { later } from '../../ui/later.tsx';
import style from './history.module.css';
import type { HistoryListProps } from './history-list.tsx';

const HistoryList = later<HistoryListProps>(() => import('./history-list.tsx').then(({ HistoryList }) => HistoryList));

/** Read once somebody opens it. */
export function History({ picture }: { readonly picture: Picture }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={style['history']} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>History</summary>
      {isOpen && <HistoryList key={picture.image_id} picture={picture} />}
    </details>
  );
}
