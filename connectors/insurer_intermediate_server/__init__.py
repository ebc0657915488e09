"""The intermediate server of the insurers (医療保険者等向け中間サーバー)."""
