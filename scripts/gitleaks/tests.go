package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Prints the table-driven tests below a folder: `input` (or `data`) and the strings in `want`.
func printTests(folder string) {
	var files []string
	check(filepath.Walk(folder, func(path string, _ os.FileInfo, err error) error {
		if strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "integration") {
			files = append(files, path)
		}
		return err
	}))
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			continue
		}
		known := stringsIn(file)
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, ok := node.(*ast.CompositeLit); ok {
				printTest(filepath.Base(filepath.Dir(path)), literal, known)
			}
			return true
		})
	}
}

func printTest(kind string, literal *ast.CompositeLit, known map[string]string) {
	text := ""
	var wanted []string
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		name, _ := pair.Key.(*ast.Ident)
		if name == nil {
			continue
		}
		switch name.Name {
		case "input", "data":
			text, _ = stringOf(pair.Value, known)
		case "want":
			list, ok := pair.Value.(*ast.CompositeLit)
			if !ok {
				continue
			}
			for _, item := range list.Elts {
				if value, ok := stringOf(item, known); ok && value != "" {
					wanted = append(wanted, value)
				}
			}
		}
	}
	for _, secret := range wanted {
		if strings.Contains(text, secret) {
			print(map[string]string{"kind": kind, "text": text, "secret": secret})
		}
	}
}

// The names in a file that have a text of their own.
func stringsIn(file *ast.File) map[string]string {
	known := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		switch declared := node.(type) {
		case *ast.ValueSpec:
			for at, name := range declared.Names {
				if at < len(declared.Values) {
					if value, ok := stringOf(declared.Values[at], known); ok {
						known[name.Name] = value
					}
				}
			}
		case *ast.AssignStmt:
			for at, left := range declared.Lhs {
				if name, ok := left.(*ast.Ident); ok && at < len(declared.Rhs) {
					if value, ok := stringOf(declared.Rhs[at], known); ok {
						known[name.Name] = value
					}
				}
			}
		}
		return true
	})
	return known
}

func stringOf(node ast.Expr, known map[string]string) (string, bool) {
	switch value := node.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(value.Value)
		return text, err == nil && value.Kind == token.STRING
	case *ast.Ident:
		text, ok := known[value.Name]
		return text, ok
	case *ast.ParenExpr:
		return stringOf(value.X, known)
	case *ast.BinaryExpr:
		left, hasLeft := stringOf(value.X, known)
		right, hasRight := stringOf(value.Y, known)
		return left + right, hasLeft && hasRight && value.Op == token.ADD
	case *ast.CallExpr:
		return formatted(value, known)
	}
	return "", false
}

func formatted(call *ast.CallExpr, known map[string]string) (string, bool) {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || function.Sel.Name != "Sprintf" {
		return "", false
	}
	format, ok := stringOf(call.Args[0], known)
	var values []any
	for _, argument := range call.Args[1:] {
		value, known := stringOf(argument, known)
		ok = ok && known
		values = append(values, value)
	}
	return fmt.Sprintf(format, values...), ok
}
