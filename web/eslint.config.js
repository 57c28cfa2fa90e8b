import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import ts from "typescript-eslint";

const layer = (files, group, message) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] },
});

export default ts.config(
  { ignores: ["dist", "node_modules", "src/api/types.gen.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // The router's redirect() is thrown by design.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.tsx"],
    extends: [a11y.flatConfigs.strict],
    plugins: { "react-hooks": hooks },
    languageOptions: { globals: globals.browser },
    rules: {
      ...hooks.configs.recommended.rules,
      // The virtualiser is used in one component, which is written to be drawn whenever it says so.
      "react-hooks/incompatible-library": "off",
    },
  },
  { files: ["src/**/*.ts"], plugins: { "react-hooks": hooks }, rules: hooks.configs.recommended.rules },
  { files: ["scripts/*.mjs", "*.js"], languageOptions: { globals: globals.node } },
  { files: ["src/app/theme-early.js"], languageOptions: { globals: globals.browser, sourceType: "script" } },

  // Imports go down only: app → realtime/dispatch → features → directory → ui, realtime hints, api → model, lib, i18n.
  layer(
    ["src/features/**"],
    ["@/features/*", "@/app/*", "@/realtime/dispatch", "@/realtime/query-target", "../*"],
    "A feature imports only itself and the layers below; pages in app/ put features together.",
  ),
  layer(
    ["src/directory/**", "src/ui/**"],
    ["@/features/*", "@/app/*", "../*"],
    "This layer is below the features.",
  ),
  layer(
    ["src/model/**", "src/lib/**", "src/i18n/**", "src/api/**"],
    ["@/features/*", "@/app/*", "@/ui/*", "@/realtime/*", "@/directory/*", "../*"],
    "This layer is at the bottom: pure code without screens.",
  ),
);
