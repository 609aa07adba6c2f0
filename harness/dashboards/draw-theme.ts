/** Grafana's dark theme, so that the pictures look like what one gets. */
export const theme = {
  page: '#111217',
  panel: '#181b1f',
  border: '#2a2d34',
  grid: '#282b31',
  text: '#d5d6e0',
  muted: '#9a9ba8',
  faint: '#6e7079',
  link: '#6e9fff',
  notice: '#ff9830',
  font: "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif",
} as const;

/** Series without a colour of their own take these in turn. */
export const palette = [
  '#73bf69',
  '#f2cc0c',
  '#8ab8ff',
  '#ff780a',
  '#f2495c',
  '#3274d9',
  '#b877d9',
  '#c8f2c2',
  '#ffa6b0',
  '#e0b400',
  '#37872d',
  '#705da0',
];

const shades = ['super-light-', 'light-', '', 'semi-dark-', 'dark-'];
const hues: Readonly<Record<string, readonly string[]>> = {
  green: ['#c8f2c2', '#96d98d', '#73bf69', '#56a64b', '#37872d'],
  yellow: ['#fff899', '#ffee52', '#fade2a', '#f2cc0c', '#e0b400'],
  orange: ['#ffcb7d', '#ffb357', '#ff9830', '#ff780a', '#fa6400'],
  red: ['#ffa6b0', '#ff7383', '#f2495c', '#e02f44', '#c4162a'],
  blue: ['#c0d8ff', '#8ab8ff', '#5794f2', '#3274d9', '#1f60c4'],
  purple: ['#deb6f2', '#ca95e5', '#b877d9', '#a352cc', '#8f3bb8'],
};

const named = new Map<string, string>([
  ['text', theme.text],
  ['gray', '#6e7079'],
  ['grey', '#6e7079'],
  ['white', '#ffffff'],
  ['black', '#000000'],
  ['transparent', 'none'],
  ...Object.entries(hues).flatMap(([hue, codes]) =>
    shades.map((shade, at): [string, string] => [`${shade}${hue}`, codes[at]!]),
  ),
]);

/** `#rrggbb` of a colour by Grafana's name. @throws Error for a name that Grafana does not have */
export function colorOf(name: string): string {
  const code = name.startsWith('#') ? name : named.get(name);
  if (code === undefined) throw new Error(`no colour is called "${name}"`);
  return code;
}

/** Black or white, whichever is read better on a colour. */
export function inkOn(background: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    Number.parseInt(background.slice(at, at + 2), 16),
  );
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#111217' : '#ffffff';
}
