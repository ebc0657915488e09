<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:disability.transfer:v1" xmlns="urn:renkei:disability_subsidy.transfer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:transfer">
    <transfer>
      <transfer_number><xsl:value-of select="i:transfer_number"/></transfer_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <record_version><xsl:value-of select="i:record_version"/></record_version>
      <legal_basis><xsl:value-of select="i:legal_basis"/></legal_basis>
      <ordinance_item><xsl:value-of select="i:ordinance_item"/></ordinance_item>
      <status><xsl:value-of select="i:status"/></status>
      <xsl:if test="i:valid_from"><valid_from><xsl:value-of select="i:valid_from"/></valid_from></xsl:if>
      <xsl:if test="i:valid_until"><valid_until><xsl:value-of select="i:valid_until"/></valid_until></xsl:if>
      <transferred_at><xsl:value-of select="i:transferred_at"/></transferred_at>
    </transfer>
  </xsl:template>
</xsl:stylesheet>
