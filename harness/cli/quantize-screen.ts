import { Option } from 'commander';

export function screenOption(): Option {
  return new Option(
    '--screen <how>',
    'whether the head is screened on the virtual board, both runs alike (default: certain)',
  ).choices(['off', 'certain']);
}
